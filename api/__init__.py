"""Every way in: nothing here holds rules or numbers of its own."""
