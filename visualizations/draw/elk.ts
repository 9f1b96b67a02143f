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

/** For the drawing as a whole. */
const DRAWING: LayoutOptions = {
  'elk.algorithm': 'layered',
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.json.shapeCoords': 'ROOT',
  'elk.json.edgeCoords': 'ROOT',
  'elk.padding': '[top=0,left=0,bottom=0,right=0]',
};
/** For each box with others inside: elk does not hand these down. */
const EACH_BOX: LayoutOptions = {
  'elk.direction': 'DOWN',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.layered.thoroughness': '40',
  'elk.spacing.nodeNode': '22',
  'elk.spacing.edgeNode': '15',
  'elk.spacing.edgeEdge': '14',
  'elk.spacing.edgeLabel': '4',
  'elk.spacing.labelNode': '10',
  'elk.spacing.nodeSelfLoop': '18',
  'elk.layered.spacing.nodeNodeBetweenLayers': '22',
  'elk.layered.spacing.edgeNodeBetweenLayers': '14',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '12',
};
/** A drawing that is wider is shown smaller than it is, and is hard to read. */
const PAGE_PX = 1150;
/** Between the border of a box and the boxes inside it. */
const INSIDE_PX = 18;
/** Between the text at the top of a box and the boxes below it. */
const BELOW_TEXT_PX = 4;

/** Lays boxes and arrows out: with straight lines where that fits a page, and else with more bends and less width. */
export async function layOut(boxes: readonly ElkBox[], arrows: readonly ElkArrow[]): Promise<ElkPlaces> {
  const elk = new elkjs.default();
  const straight = await elk.layout(graphOf(boxes, arrows, 'BRANDES_KOEPF'));
  if (widthOf(straight) <= PAGE_PX) return placesOf(straight);
  const narrow = await elk.layout(graphOf(boxes, arrows, 'NETWORK_SIMPLEX'));
  return placesOf(widthOf(narrow) < widthOf(straight) ? narrow : straight);
}

function widthOf({ children = [] }: ElkNode): number {
  return Math.max(...children.map(({ width = 0 }) => width));
}

function graphOf(boxes: readonly ElkBox[], arrows: readonly ElkArrow[], placement: string): ElkNode {
  const options = { ...EACH_BOX, 'elk.layered.nodePlacement.strategy': placement };
  return {
    id: 'drawing',
    layoutOptions: { ...options, ...DRAWING },
    children: boxes.map((box) => nodeOf(box, options)),
    edges: arrows.map(({ id, from, to, isUpward, label }) => ({
      id,
      sources: [isUpward ? to : from],
      targets: [isUpward ? from : to],
      labels: label === undefined ? [] : [{ text: id, ...label, layoutOptions: { 'elk.edgeLabels.inline': 'true' } }],
    })),
  };
}

function placesOf(placed: ElkNode): ElkPlaces {
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

function nodeOf(box: ElkBox, options: LayoutOptions): ElkNode {
  const { id, width, height } = box;
  const layer: LayoutOptions =
    box.place === undefined ? {} : { 'elk.layered.layering.layerConstraint': box.place.toUpperCase() };
  if (box.boxes.length === 0) return { id, width, height, layoutOptions: layer };
  const padding = `[top=${height + BELOW_TEXT_PX},left=${INSIDE_PX},bottom=${INSIDE_PX},right=${INSIDE_PX}]`;
  return {
    id,
    layoutOptions: {
      ...options,
      ...layer,
      'elk.padding': padding,
      'elk.nodeSize.constraints': 'MINIMUM_SIZE',
      'elk.nodeSize.minimum': `(${width},${height})`,
    },
    children: box.boxes.map((inner) => nodeOf(inner, options)),
  };
}
