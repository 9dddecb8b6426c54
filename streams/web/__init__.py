"""Products over HTTP: the pages of the serve role. What they ask is behind `catalogue`."""
