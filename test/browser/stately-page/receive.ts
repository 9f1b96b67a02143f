// What Stately's page does first: says that it is there, and takes what comes, both by Stately's own code.
import { createBrowserReceiver, type StatelyInspectionEvent } from '@statelyai/inspect';

const received: StatelyInspectionEvent[] = [];
Object.assign(globalThis, { received });
createBrowserReceiver().subscribe((event) => void received.push(event));
