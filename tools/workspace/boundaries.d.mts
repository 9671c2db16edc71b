export interface DepConstraint {
  sourceTag: string;
  onlyDependOnLibsWithTags: string[];
}
export const boundaries: DepConstraint[];
export const vendorImporters: object[];
