"""Tables as Prep4DeepDEP takes them: features in rows, samples in columns, segments on hg19."""
