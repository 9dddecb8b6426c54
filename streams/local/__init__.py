"""Everything on this machine: all roles under a supervisor, embedded servers, and what keeps them from running."""
