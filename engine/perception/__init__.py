"""From frames to detections, tracklets, crops and embeddings."""
