"""Pure decisions about quotas."""
