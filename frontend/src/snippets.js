// The same question from a program: ready to copy. `kind` is "table", "boolean" or "graph".
const single = (text) => `'${text.replaceAll("'", "'\\''")}'`;

export function snippets(query, endpoint, kind) {
  const text = query.trim();
  return [
    ["curl", curl(text, endpoint, kind)],
    ["Python (SPARQLWrapper)", python(text, endpoint, kind)],
    ["R", r(text, endpoint, kind)],
  ];
}

const curl = (text, endpoint, kind) =>
  `curl ${single(endpoint)} \\\n  -H 'Accept: ${kind === "graph" ? "text/turtle" : "text/csv"}' \\\n  --data-urlencode ${single(`query=${text}`)}\n`;

function python(text, endpoint, kind) {
  // A raw string keeps the backslashes of SPARQL; what it cannot hold is escaped in an ordinary one.
  const raw = !text.includes('"""') && !/["\\]$/.test(text);
  const format = kind === "graph" ? "TURTLE" : "JSON";
  const show = {
    table: 'for row in client.queryAndConvert()["results"]["bindings"]:\n    print({name: term["value"] for name, term in row.items()})\n',
    boolean: 'print(client.queryAndConvert()["boolean"])\n',
    graph: "print(client.query().convert().decode())\n",
  };
  return `from SPARQLWrapper import ${format}, SPARQLWrapper\n\nclient = SPARQLWrapper(${JSON.stringify(endpoint)}, returnFormat=${format})\nclient.setQuery(${raw ? `r"""\n${text}\n"""` : JSON.stringify(text)})\n${show[kind]}`;
}

function r(text, endpoint, kind) {
  let dashes = "";
  while (text.includes(`)${dashes}"`)) dashes += "-";
  const ask = `query <- r"${dashes}(\n${text}\n)${dashes}"\naddress <- paste0(${JSON.stringify(endpoint)}, "?format=${kind === "graph" ? "turtle" : "csv"}&query=", URLencode(query, reserved = TRUE))\n`;
  return ask + (kind === "table" ? 'result <- read.csv(address, encoding = "UTF-8")\nprint(result)\n' : 'cat(readLines(address, encoding = "UTF-8"), sep = "\\n")\n');
}
