#ifndef WITNESS_H
#define WITNESS_H
// Stands between the tests and statx(2), and knows of each look whether the server had to answer it.

// Looks of the calling thread since the last call of this: so many that the server had to answer, and others.
void witness_take(int *fresh, int *others);

#endif
