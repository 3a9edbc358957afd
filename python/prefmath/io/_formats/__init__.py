"""One file a family of formats: how its records are judgements."""
