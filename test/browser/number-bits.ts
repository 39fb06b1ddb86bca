/** How many blocks, least significant first, show the number of a picture; 4096 pictures are told apart. */
export const NUMBER_BITS = 12;
