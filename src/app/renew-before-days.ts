/** Leaf certificates are replaced when they have fewer days left than this. */
export const renewBeforeDays = 30;
