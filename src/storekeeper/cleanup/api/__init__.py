"""JSON routes of clean-up."""

from storekeeper.cleanup.api.plans import ROUTES as PLAN_ROUTES
from storekeeper.cleanup.api.policies import ROUTES as POLICY_ROUTES
from storekeeper.cleanup.api.runs import ROUTES as RUN_ROUTES

ROUTES = [*POLICY_ROUTES, *PLAN_ROUTES, *RUN_ROUTES]
