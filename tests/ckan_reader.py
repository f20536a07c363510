"""What CKAN's harvester makes of RDF documents: the parser of ckanext-dcat, without a CKAN around it.

The parser and its profile (`euro_dcat_ap_3`, the default) are the real ones. Stubs stand in for what CKAN itself
gives them and no document is read with: settings (all unset), actions (none), its lists of licences and of formats
(both empty), and the parts that write, plug in and serve.

    python -m tests.ckan_reader < documents.json      {"name": ["ttl", "…"]} -> {"name": [dataset, …]}
"""

import importlib.abc
import importlib.machinery
import json
import sys
import warnings
from types import ModuleType
from typing import Any


class Stub(ModuleType):
    """A module of CKAN: what the parser asks of it is below, anything else is a class without contents."""

    __path__ = ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return GIVEN.get(name) or type(name, (Exception,), {})


def no_action(name: str) -> None:
    raise KeyError(name)


GIVEN: dict[str, Any] = {
    "config": {"ckan.locale_default": "en"},
    "asbool": bool,
    "aslist": list,
    "get_action": no_action,
    "resource_formats": dict,
    "LicenseRegister": dict,
    "_": str,
}


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds each module of CKAN."""

    def find_spec(self, name: str, path: object, target: object = None) -> importlib.machinery.ModuleSpec | None:
        return importlib.machinery.ModuleSpec(name, self, is_package=True) if name.split(".")[0] == "ckan" else None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return Stub(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        parent, _, name = module.__name__.rpartition(".")
        if parent:
            setattr(sys.modules[parent], name, module)


def main() -> None:
    """Read the documents on standard input, write what CKAN would import to standard output."""
    warnings.simplefilter("ignore")
    sys.meta_path.insert(0, Finder())
    sys.modules["simplejson"] = json  # CKAN brings it; for what is used here it is the same
    from ckanext.dcat.processors import RDFParser

    found = {}
    for name, (form, text) in json.load(sys.stdin).items():
        parser = RDFParser()
        parser.parse(text, form)
        found[name] = list(parser.datasets())
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
