// Asks elkjs where things go: its layered algorithm, through all levels of nesting at once.
import elkjs, { type ElkExtendedEdge, type ElkNode, type LayoutOptions } from 'elkjs/lib/elk.bundled.js';

/** A box to be placed, with the boxes inside it. */
export interface ElkBox {
  readonly id: string;
  /** Of its own content; a box with others inside grows around them. */
  readonly width: number;
  readonly height: number;
  /** Above or below all others around it. */
  readonly place: 'first' | 'last' | undefined;
  readonly boxes: readonly ElkBox[];
}

/** An arrow to be placed. */
export interface ElkArrow {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  /** It leads back: elk sees it the other way round, and so keeps to the order of the states. */
  readonly isUpward: boolean;
  readonly label: { readonly width: number; readonly height: number } | undefined;
}

/** Where things went, by id. */
export interface ElkPlaces {
  readonly boxes: ReadonlyMap<string, Required<Pick<ElkNode, 'x' | 'y' | 'width' | 'height'>>>;
  readonly arrows: ReadonlyMap<string, ElkExtendedEdge>;
}

const OPTIONS: LayoutOptions = {
  'elk.algorithm': 'layered',
  'elk.direction': 'DOWN',
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.json.shapeCoords': 'ROOT',
  'elk.json.edgeCoords': 'ROOT',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.edgeLabels.inline': 'true',
  'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  'elk.layered.thoroughness': '40',
};
const SPACING: LayoutOptions = {
  'elk.spacing.nodeNode': '28',
  'elk.spacing.edgeNode': '18',
  'elk.spacing.edgeEdge': '14',
  'elk.spacing.edgeLabel': '4',
  'elk.spacing.labelNode': '10',
  'elk.spacing.nodeSelfLoop': '18',
  'elk.layered.spacing.nodeNodeBetweenLayers': '22',
  'elk.layered.spacing.edgeNodeBetweenLayers': '14',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '12',
};
/** Between the border of a box and the boxes inside it. */
const INSIDE_PX = 18;
/** Between the text at the top of a box and the boxes below it. */
const BELOW_TEXT_PX = 4;

/** Lays boxes and arrows out. */
export async function layOut(boxes: readonly ElkBox[], arrows: readonly ElkArrow[]): Promise<ElkPlaces> {
  const graph = {
    id: 'drawing',
    layoutOptions: { ...OPTIONS, ...SPACING, 'elk.padding': '[top=0,left=0,bottom=0,right=0]' },
    children: boxes.map(nodeOf),
    edges: arrows.map(({ id, from, to, isUpward, label }) => ({
      id,
      sources: [isUpward ? to : from],
      targets: [isUpward ? from : to],
      labels: label === undefined ? [] : [{ text: id, ...label, layoutOptions: { 'elk.edgeLabels.inline': 'true' } }],
    })),
  };
  const placed = await new elkjs.default().layout(graph);
  const places: ElkPlaces & { boxes: Map<string, Required<Pick<ElkNode, 'x' | 'y' | 'width' | 'height'>>> } = {
    boxes: new Map(),
    arrows: new Map((placed.edges ?? []).map((edge) => [edge.id, edge])),
  };
  const keep = ({ id, x = 0, y = 0, width = 0, height = 0, children = [] }: ElkNode) => {
    places.boxes.set(id, { x, y, width, height });
    children.forEach(keep);
  };
  (placed.children ?? []).forEach(keep);
  return places;
}

function nodeOf(box: ElkBox): ElkNode {
  const { id, width, height } = box;
  const layer: LayoutOptions =
    box.place === undefined ? {} : { 'elk.layered.layering.layerConstraint': box.place.toUpperCase() };
  if (box.boxes.length === 0) return { id, width, height, layoutOptions: layer };
  const padding = `[top=${height + BELOW_TEXT_PX},left=${INSIDE_PX},bottom=${INSIDE_PX},right=${INSIDE_PX}]`;
  return {
    id,
    layoutOptions: {
      ...SPACING,
      ...layer,
      'elk.padding': padding,
      'elk.nodeSize.constraints': 'MINIMUM_SIZE',
      'elk.nodeSize.minimum': `(${width},${height})`,
    },
    children: box.boxes.map(nodeOf),
  };
}
