"""The tables of a release: CSV, Parquet and their descriptions, made from the shapes in ontology/tables/."""
