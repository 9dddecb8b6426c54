"""What each role does with its events. Agents see models through Protocols, and publish nothing themselves."""
