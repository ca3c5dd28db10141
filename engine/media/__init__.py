"""Evidence in, frames out: probing, exact decoding, image folders, modality by time, recorder clocks, hashing."""
