/** The product's version, which results record. A check keeps it equal to package.json's. */
export const codeVersion = '0.1.0';
