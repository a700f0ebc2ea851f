import { container_getBackend, container_listImages, container_inspect } from "./raw";
export function getBackend(): string { return container_getBackend(); }
export async function listImages(): Promise<any[]> { return JSON.parse(await container_listImages()); }
export async function inspect(id: string): Promise<any> { return JSON.parse(await container_inspect(id)); }
