"""The services of breaches: one writer for each verb."""
