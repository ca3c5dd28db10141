"""What the ingest child process does: decode, detect, track, crop, embed. Knows nothing of the case database."""
