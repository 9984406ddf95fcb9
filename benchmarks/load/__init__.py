"""`make load` and `make soak`: the whole product with people at work, and a count of what they were promised."""
