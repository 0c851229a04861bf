"""The figures of a report: storage, cost, growth, checks, quarantine, releases; no markup."""
