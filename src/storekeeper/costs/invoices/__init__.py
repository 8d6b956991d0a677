"""Invoices of providers, beside what was calculated and what they report."""

from storekeeper.costs.invoices.reconciler import Reconciler
from storekeeper.costs.invoices.service import InvoiceService

__all__ = ["InvoiceService", "Reconciler"]
