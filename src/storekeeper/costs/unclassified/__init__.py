"""Operations and storage classes that no price is known for: found in the charges of open months, and told of once."""

from storekeeper.costs.unclassified.service import UnclassifiedWatch

__all__ = ["UnclassifiedWatch"]
