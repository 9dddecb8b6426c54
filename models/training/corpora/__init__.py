"""What reads which data: labelled sets in the layouts that their authors publish, and reviews annotated by reading."""
