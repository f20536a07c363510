"""An engine that others run: queries go to it over the SPARQL protocol, everything else stays here."""
