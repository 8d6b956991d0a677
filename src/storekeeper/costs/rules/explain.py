"""A charge in words: quantity times unit price, what was taken off and added, where the price is from, what is uncertain."""

from decimal import ROUND_HALF_EVEN, Context, Decimal

from storekeeper.costs.model import NANO, Charge, Provenance, Span

_SIX_DIGITS = Context(prec=6, rounding=ROUND_HALF_EVEN)
_TIMES, _MINUS = "\u00d7", "\u2212"
_NOISE = 9  # nano-units that come of sharing whole ones, not of the price sheet
_SOURCES = {
    Provenance.MEASURED: "measured",
    Provenance.SAMPLED: "counted up from a sample",
    Provenance.PROVIDER_REPORTED: "reported by the provider",
    Provenance.ESTIMATED: "estimated",
}


def explain(charge: Charge) -> str:
    """One sentence with the whole computation, and one for each thing that is not certain."""
    return " ".join(
        [f"{_computation(charge)}; {_SOURCES[charge.provenance]}{_priced_by(charge)}.", *_doubts(charge)]
    )


def money(nano: int) -> str:
    """Nano-units as a decimal number, with two places or as many as it needs: 5000000 is `0.005`."""
    plain = f"{Decimal(abs(nano)) / NANO:f}"
    whole, _, places = plain.partition(".")
    return f"{_MINUS if nano < 0 else ''}{int(whole):,}.{places.rstrip('0').ljust(2, '0')}"


def quantity(count: int, per: int) -> str:
    """In units: whole ones as they are, others to six significant digits."""
    if count % per == 0:
        return f"{count // per:,}"
    number = _SIX_DIGITS.divide(Decimal(count), Decimal(per))
    text = f"{number:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _computation(charge: Charge) -> str:
    used, per = _used(charge)
    if charge.amount is None:
        return f"{used} of unknown price: {charge.reason}"
    price = "no known price" if charge.unit_price is None else f"{charge.unit_price:f} {charge.currency}{per}"
    parts = [f"{used} {_TIMES} {price}"]
    parts += [
        f"{_MINUS if amount < 0 else '+'} {money(abs(amount))} {what}"
        for amount, what in (
            (charge.tiers, "by tiers"),
            (charge.allowance, "allowance"),
            (charge.rounding, "rounding"),
        )
        if abs(amount) > _NOISE
    ]
    return f"{' '.join(parts)} = {money(charge.amount)} {charge.currency}"


def _used(charge: Charge) -> tuple[str, str]:
    """The quantity with its unit, and what the price is per where that is a round number of them."""
    number, _, name = charge.unit.partition(" ")
    if not name:
        return f"{quantity(charge.quantity, charge.per)} {charge.unit}", ""
    each = int(number.replace(",", ""))
    return f"{quantity(charge.quantity * each, charge.per)} {name}", f" / {number}"


def _priced_by(charge: Charge) -> str:
    if charge.amount is None or not charge.sheet:
        return f", price sheet {charge.sheet} ({charge.source})" if charge.sheet else ""
    return f", prices {charge.trust}, sheet {charge.sheet} ({charge.source})"


def _doubts(charge: Charge) -> list[str]:
    said = [f"Estimated: {one}." for one in charge.estimated]
    if charge.unset:
        said.append("No price is set here: the zero says that nobody entered one, not that it is free.")
    if charge.unbilled:
        said.append(f"{charge.unbilled:,} more requests are not billed because of their status.")
    if charge.span is Span.MONTH_TO_DATE:
        said.append("Shared by the use of the month so far, because the day changed what the month costs.")
    return said
