"""Schema history: `control/` by Alembic, `analytics/NNNN_name.sql` for ClickHouse."""
