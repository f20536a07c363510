// The examples of the page.

/** The name of the example that a query is, where it was not changed. */
export const exampleName = (desk, query) => desk.examples.find((one) => one.query === query.trimEnd())?.name;
