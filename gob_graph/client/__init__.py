"""The graph for analysts: a server or a release on disk as DataFrames, and the errors that name the remedy."""

from gob_graph.client.copies import Proof
from gob_graph.client.failures import (
    Busy,
    ClientError,
    CurrentOnly,
    Damaged,
    IncompleteAnswer,
    LexicalFormWarning,
    MissingPackage,
    QueryRefused,
    Refused,
    ReleaseNotFound,
    ServerUnreachable,
    TooCostly,
    UnknownName,
    WrongForm,
)
from gob_graph.client.graph import Graph

__all__ = [
    "Busy",
    "ClientError",
    "CurrentOnly",
    "Damaged",
    "Graph",
    "IncompleteAnswer",
    "LexicalFormWarning",
    "MissingPackage",
    "Proof",
    "QueryRefused",
    "Refused",
    "ReleaseNotFound",
    "ServerUnreachable",
    "TooCostly",
    "UnknownName",
    "WrongForm",
]
