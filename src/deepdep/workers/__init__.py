"""The only door to Dask: processes, here or on other machines, that tune or predict."""
