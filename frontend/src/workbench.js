console.log(1)
// x
