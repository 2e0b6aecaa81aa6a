interface Permission {
  has(scope: string, path?: string): boolean;
}

/** Set only while Node's permission model is on. */
export const permission: Permission | undefined = (process as { readonly permission?: Permission }).permission;

export const hasPermissionModel: boolean = permission !== undefined;
