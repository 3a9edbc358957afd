"""What follows from a fit: errors, intervals, ranks, resamples, numbers of classes, profiles."""
