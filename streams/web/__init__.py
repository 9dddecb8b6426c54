"""The worker's own pages. Loopback unless configured otherwise; no table data, no control."""
