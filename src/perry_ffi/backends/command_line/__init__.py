"""What runtimes share that are driven by their command line: argument vectors in, texts and lines of JSON out."""
