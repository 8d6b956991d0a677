"""What charges say: shares of buckets, what is assumed, prices that change within a month, what has no price."""

from datetime import date, timedelta

import pytest

from storekeeper.costs import sheets
from storekeeper.costs.model import Basis, Kind, Provenance, RequestFact, Span, StorageFact, Trust
from storekeeper.costs.rules.explain import explain
from storekeeper.costs.rules.price import price
from unit.costs.examples import GB, NOVEMBER, TB, account, asked, days, gone, sheets_for, stored


def held(bucket, size, day=NOVEMBER, **more):
    return StorageFact(day=day, bucket=bucket, byte_hours=24 * size, peak_bytes=size, **more)


def charged(facts, provider, kind=None):
    return [one for one in price(facts, sheets_for(provider)) if kind is None or one.kind is kind]


class TestSharing:
    def test_buckets_share_the_account_s_allowance_by_what_they_used(self):
        whole, third = 30 * 10 * GB, 30 * 5 * GB
        charges = charged(account(stored=[held("big", 2 * third), held("small", third)]), "r2")
        assert whole == 2 * third
        # 15 GB-months, 10 of which are free: 5 · 0.015
        assert [(one.bucket, one.amount) for one in charges] == [("big", 50_000_000), ("small", 25_000_000)]
        assert [one.allowance for one in charges] == [-100_000_000, -50_000_000]

    def test_a_day_costs_nothing_while_the_allowance_lasts(self):
        charges = charged(account(stored=stored(days(NOVEMBER), 20 * GB)), "r2")
        assert [one.amount for one in charges[:15]] == [0] * 15
        assert sum(one.amount for one in charges) == 150_000_000

    def test_provenances_stand_side_by_side(self):
        facts = [held("photos", GB), held("photos", GB, provenance=Provenance.PROVIDER_REPORTED)]
        charges = charged(account(stored=facts), "aws")
        assert {one.provenance for one in charges} == {Provenance.MEASURED, Provenance.PROVIDER_REPORTED}

    def test_each_charge_names_its_basis(self):
        facts = account(
            stored=stored(days(NOVEMBER, 1), TB, "GLACIER_IR"),
            asked=[asked("GetObject", 5, "GLACIER_IR", bytes_out=GB, bytes_retrieved=GB)],
            gone=[gone(GB, 1, "GLACIER_IR")],
        )
        assert {one.kind: one.basis for one in charged(facts, "aws")} == {
            Kind.STORAGE: Basis.BYTE_HOURS,
            Kind.EARLY_DELETION: Basis.BYTES_DELETED,
            Kind.REQUESTS: Basis.REQUESTS,
            Kind.RETRIEVAL: Basis.BYTES_RETRIEVED,
            Kind.EGRESS: Basis.BYTES_OUT,
        }

    def test_what_becomes_free_later_is_given_back_to_who_paid_for_it(self):
        first, second = NOVEMBER, NOVEMBER + timedelta(1)
        facts = account(
            stored=[held("photos", 10 * GB, first), held("photos", 30 * GB, second)],
            asked=[asked("GetObject", bytes_out=40 * GB, day=first)],
        )
        charges = charged(facts, "b2", Kind.EGRESS)
        assert [(one.day, one.amount, one.span) for one in charges] == [
            (first, 100_000_000, Span.DAY),
            (second, -100_000_000, Span.MONTH_TO_DATE),
        ]
        assert "Shared by the use of the month so far" in explain(charges[1])

    def test_what_becomes_free_is_not_given_to_who_came_when_it_was(self):
        first, second = NOVEMBER, NOVEMBER + timedelta(1)
        logs = RequestFact(day=second, bucket="logs", operation="GetObject", bytes_out=10 * GB)
        facts = account(
            stored=[held("photos", 10 * GB, first), held("photos", 30 * GB, second)],
            asked=[asked("GetObject", bytes_out=40 * GB, day=first), logs],
        )
        # 40 GB out with 30 GB free cost 0.10; 50 GB with 60 GB free cost nothing.
        assert [(one.bucket, one.amount) for one in charged(facts, "b2", Kind.EGRESS)] == [
            ("photos", 100_000_000),
            ("logs", -20_000_000),
            ("photos", -80_000_000),
        ]

    def test_facts_of_one_line_make_one_charge(self):
        facts = [asked("PutObject", 3, refused=4), asked("PutObject", 5, refused=6, estimated="from a log")]
        (charge,) = charged(account(asked=facts), "r2")
        assert (charge.quantity, charge.unbilled, charge.estimated) == (8, 10, ("from a log",))


class TestPeriods:
    def test_a_price_that_changes_within_a_month_holds_from_its_day_on(self):
        text = sheets.load().find("self-hosted/*/undated").text
        old = sheets.read_sheet(text.replace('price = "0"', 'price = "0.30"'), "old.toml")
        new = sheets.read_sheet(
            text.replace('price = "0"', 'price = "0.60"').replace(
                "read =", "effective_from = 2026-11-16\nread ="
            ),
            "new.toml",
        )
        charges = price(account(stored=stored(days(NOVEMBER), 100 * GB)), [new, old])
        assert [one.amount for one in charges] == [1_000_000_000] * 15 + [2_000_000_000] * 15
        assert {one.sheet for one in charges} == {"self-hosted/*/undated", "self-hosted/*/2026-11-16"}

    def test_after_the_last_period_there_is_no_price(self):
        text = sheets.load().find("self-hosted/*/undated").text
        ended = sheets.read_sheet(text.replace("read =", "effective_until = 2026-11-02\nread ="), "own.toml")
        charges = price(account(stored=stored(days(NOVEMBER, 2), GB)), [ended])
        assert [one.amount for one in charges] == [0, None]

    def test_a_fact_of_another_month_is_refused(self):
        with pytest.raises(ValueError, match="2026-12-01 is not in the month of 2026-11-01"):
            price(account(stored=[held("photos", GB, date(2026, 12, 1))]), [])


class TestUnknown:
    def test_without_a_sheet_everything_is_unclassified(self):
        facts = account(
            stored=stored(days(NOVEMBER, 1), GB),
            asked=[asked("GetObject", 2, bytes_out=3)],
            gone=[gone(4, 1, "")],
        )
        charges = price(facts, [])
        assert [(one.basis, one.quantity) for one in charges] == [
            (Basis.BYTES_DELETED, 4),
            (Basis.BYTE_HOURS, 24 * GB),
            (Basis.BYTES_OUT, 3),
            (Basis.REQUESTS, 2),
        ]
        assert {(one.kind, one.amount, one.currency) for one in charges} == {(Kind.UNCLASSIFIED, None, "")}

    @pytest.mark.parametrize(
        ("provider", "facts", "reason"),
        [
            (
                "aws",
                account(stored=stored(days(NOVEMBER, 1), GB, "DEEP_ARCHIVE")),
                "no storage class DEEP_ARCHIVE",
            ),
            (
                "gcs",
                account(stored=stored(days(NOVEMBER, 1), GB, "COLDLINE")),
                "no storage price of Coldline",
            ),
            ("aws", account(asked=[asked("GetObject", 1, "DEEP_ARCHIVE")]), "no price of class tier 2"),
            ("gcs", account(asked=[asked("PutObject", 1, "NEARLINE")]), "no price of class A for Nearline"),
            ("r2", account(asked=[asked("DeleteObjects", 1)]), "does not know the operation DeleteObjects"),
            ("aws", account(gone=[gone(GB, 1, "DEEP_ARCHIVE")]), "it may have a minimum duration"),
            ("gcs", account(gone=[gone(GB, 1, "ARCHIVE")]), "it may have a minimum duration"),
            ("aws", account(asked=[asked("X", 0, "GLACIER", bytes_retrieved=1)]), "no storage class GLACIER"),
        ],
    )
    def test_the_reason_is_told(self, provider, facts, reason):
        (charge,) = charged(facts, provider)
        assert charge.kind is Kind.UNCLASSIFIED
        assert charge.amount is None
        assert reason in charge.reason
        assert "of unknown price" in explain(charge)

    def test_their_order_is_that_of_the_reasons(self):
        facts = [asked("Zip", 1), asked("Copy", 1)]
        assert charged(account(asked=facts), "r2") == charged(account(asked=facts[::-1]), "r2")

    def test_bytes_out_of_which_a_sheet_says_nothing(self):
        text = sheets.load().find("self-hosted/*/undated").text
        silent = sheets.read_sheet(text[: text.index("[egress]")], "own.toml")
        (charge,) = price(account(asked=[asked("GetObject", bytes_out=5)]), [silent])
        assert (charge.kind, charge.quantity, charge.amount) == (Kind.UNCLASSIFIED, 5, None)


class TestAssumptions:
    @pytest.mark.parametrize(
        ("provider", "facts", "assumption"),
        [
            ("r2", account(asked=[asked("PutObject", 1, "")]), "taken to be STANDARD"),
            ("r2", account(asked=[asked("PutObject", server_errors=1)]), "5xx are billed is not known"),
            ("aws", account(asked=[asked("PutObject", refused=1)]), "401 and 403 are billed is not known"),
            ("aws", account(stored=stored(days(NOVEMBER, 1), GB, "INTELLIGENT_TIERING")), "frequent one"),
            ("aws", account(stored=stored(days(NOVEMBER, 1), GB, "STANDARD_IA", objects=3)), "131,072 bytes"),
        ],
    )
    def test_what_is_assumed_is_told(self, provider, facts, assumption):
        charge = charged(facts, provider)[0]
        assert any(assumption in said for said in charge.estimated)
        assert assumption in explain(charge)

    def test_what_a_fact_estimates_is_kept(self):
        fact = RequestFact(
            day=NOVEMBER, bucket="photos", operation="GetObject", storage_class="STANDARD", succeeded=9,
            provenance=Provenance.SAMPLED, estimated="one in ten was sent",
        )  # fmt: skip
        (charge,) = charged(account(asked=[fact]), "aws")
        assert charge.estimated == ("one in ten was sent",)

    def test_nothing_is_assumed_where_there_is_one_storage_class(self):
        assert charged(account(stored=stored(days(NOVEMBER, 1), GB, "")), "b2")[0].estimated == ()
        assert charged(account(stored=stored(days(NOVEMBER, 1), GB, "")), "r2")[0].estimated != ()

    def test_requests_that_are_not_billed_stand_beside_those_that_are(self):
        (charge,) = charged(account(asked=[asked("PutObject", 3, refused=4)]), "r2")
        assert (charge.quantity, charge.unbilled) == (3, 4)
        assert "4 more requests are not billed" in explain(charge)

    def test_trust_is_the_least_of_the_figures_that_were_used(self):
        below, above = (
            charged(account(stored=stored(days(NOVEMBER), size * TB)), "aws")[-1] for size in (1, 60)
        )
        assert (below.trust, above.trust) == (Trust.QUOTED, Trust.UNVERIFIED)

    def test_uncertain_names_of_operations_make_their_price_so(self):
        (charge,) = charged(account(asked=[asked("PutObject", 1)]), "gcs")
        assert charge.trust is Trust.UNVERIFIED


class TestSentences:
    def test_quantity_times_price_less_what_is_free(self):
        (charge,) = charged(account(stored=stored(days(NOVEMBER, 1), 450 * GB)), "r2")
        assert explain(charge) == (
            "15 GB-month × 0.015 USD − 0.15 allowance = 0.075 USD; measured, prices verified, sheet r2/*/undated "
            "(https://developers.cloudflare.com/r2/pricing/)."
        )

    def test_rounding_is_told(self):
        (charge,) = charged(account(asked=[asked("GetObject", 1_000_001, "STANDARD_IA")]), "r2")
        assert explain(charge).startswith(
            "1,000,001 requests × 0.90 USD / 1,000,000 + 0.8999991 rounding = 1.80 USD; "
        )

    def test_tiers_are_told(self):
        (charge,) = charged(account(asked=[asked("GetObject", bytes_out=(10 * 1024 + 101) * 2**30)]), "aws")[
            -1:
        ]
        assert "10,341 GiB × 0.09 USD − 0.005 by tiers − 9.00 allowance = 921.685 USD" in explain(charge)

    def test_an_unset_price_is_not_called_free(self):
        charges = charged(account(stored=stored(days(NOVEMBER, 1), GB)), "folder")
        assert [(one.amount, one.unset) for one in charges] == [(0, True)]
        assert "nobody entered one, not that it is free" in explain(charges[0])

    def test_a_part_without_a_price_stands_apart(self):
        facts = account(stored=stored(days(NOVEMBER), TB), asked=[asked("GetObject", bytes_out=1500 * GB)])
        beyond, free = (one for one in charged(facts, "wasabi") if one.basis is Basis.BYTES_OUT)
        assert explain(free).startswith("1,000 GB × no known price = 0.00 USD; ")
        assert explain(beyond).startswith(
            "500 GB of unknown price: the price sheet knows no price for so much; "
        )

    def test_a_credit_has_a_minus(self):
        facts = account(stored=[held("photos", GB), held("photos", 3 * TB, NOVEMBER + timedelta(1))])
        credit = charged(facts, "wasabi", Kind.MINIMUM)[-1]
        assert credit.amount < 0
        assert "= −0.26" in explain(credit)
