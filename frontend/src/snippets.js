// The same question from a program: ready to copy.
const single = (text) => `'${text.replaceAll("'", "'\\''")}'`;

export function snippets(query, endpoint, graph) {
  const text = query.trim();
  return [
    ["curl", curl(text, endpoint, graph)],
    ["Python (SPARQLWrapper)", python(text, endpoint, graph)],
    ["R", r(text, endpoint, graph)],
  ];
}

const curl = (text, endpoint, graph) =>
  `curl ${single(endpoint)} \\\n  -H 'Accept: ${graph ? "text/turtle" : "text/csv"}' \\\n  --data-urlencode ${single(`query=${text}`)}\n`;

function python(text, endpoint, graph) {
  // A raw string keeps the backslashes of SPARQL; what it cannot hold is escaped in an ordinary one.
  const literal = text.includes('"""') || text.endsWith('"') || text.endsWith("\\") ? JSON.stringify(text) : `r"""\n${text}\n"""`;
  const head = `from SPARQLWrapper import ${graph ? "TURTLE" : "JSON"}, SPARQLWrapper\n\nclient = SPARQLWrapper(${JSON.stringify(endpoint)}, returnFormat=${graph ? "TURTLE" : "JSON"})\nclient.setQuery(${literal})\n`;
  if (graph) return `${head}print(client.query().convert().decode())\n`;
  return `${head}answer = client.queryAndConvert()\nfor row in answer["results"]["bindings"] if "results" in answer else [answer["boolean"]]:\n    print({name: term["value"] for name, term in row.items()} if isinstance(row, dict) else row)\n`;
}

function r(text, endpoint, graph) {
  let dashes = "";
  while (text.includes(`)${dashes}"`)) dashes += "-";
  const ask = `query <- r"${dashes}(\n${text}\n)${dashes}"\naddress <- paste0(${JSON.stringify(endpoint)}, "?format=${graph ? "turtle" : "csv"}&query=", URLencode(query, reserved = TRUE))\n`;
  return `${ask}${graph ? 'cat(readLines(address, encoding = "UTF-8"), sep = "\\n")' : 'result <- read.csv(address, encoding = "UTF-8")\nprint(result)'}\n`;
}
