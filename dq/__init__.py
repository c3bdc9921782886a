"""May this batch of scraped news be published? Clean, deduplicate, gate, report."""
