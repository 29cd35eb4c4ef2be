import * as v from 'valibot';

// A dashboard as Grafana 10 and 11 have it (`kinds/dashboard/dashboard_kind.cue`), of that what is used here. What is not
// named is refused, so that a slip of the pen in a key is found.

const datasource = v.strictObject({
  type: v.literal('prometheus'),
  uid: v.literal(`\${datasource}`),
});
const whole = v.pipe(v.number(), v.integer(), v.minValue(0));
const size = v.pipe(whole, v.minValue(1));
const text = v.pipe(v.string(), v.minLength(1));

const gridPos = v.strictObject({
  h: size,
  w: v.pipe(size, v.maxValue(24)),
  x: v.pipe(whole, v.maxValue(23)),
  y: whole,
});

const target = v.strictObject({
  refId: v.pipe(v.string(), v.regex(/^[A-Z]$/)),
  datasource,
  expr: text,
  legendFormat: v.string(),
  range: v.literal(true),
});

const color = v.strictObject({
  mode: v.picklist(['thresholds', 'palette-classic', 'fixed']),
  fixedColor: v.optional(v.string()),
});

const steps = v.pipe(
  v.array(v.strictObject({ color: text, value: v.nullable(v.number()) })),
  v.check(([first]) => first?.value === null, 'the first step begins at −∞, which is null'),
);

const mapping = v.strictObject({
  type: v.literal('value'),
  options: v.record(
    v.string(),
    v.strictObject({ text: v.string(), color: v.string(), index: whole }),
  ),
});

/** Units that Grafana knows, of those that make sense here. */
const unit = v.picklist(['none', 's', 'reqps', 'cps', 'percentunit']);

const fieldConfig = v.strictObject({
  defaults: v.strictObject({
    unit: v.optional(unit),
    decimals: v.optional(whole),
    min: v.optional(v.number()),
    max: v.optional(v.number()),
    color: v.optional(color),
    thresholds: v.optional(v.strictObject({ mode: v.literal('absolute'), steps })),
    mappings: v.optional(v.array(mapping)),
    custom: v.optional(v.record(v.string(), v.unknown())),
  }),
  overrides: v.array(
    v.strictObject({
      matcher: v.strictObject({ id: v.literal('byRegexp'), options: text }),
      properties: v.array(v.strictObject({ id: text, value: v.unknown() })),
    }),
  ),
});

const panel = v.strictObject({
  id: size,
  // panels that come with Grafana, so that nobody has to install one
  type: v.picklist(['timeseries', 'stat', 'state-timeline']),
  title: text,
  description: text,
  datasource,
  gridPos,
  targets: v.pipe(v.array(target), v.minLength(1)),
  fieldConfig,
  options: v.record(v.string(), v.unknown()),
});

const row = v.strictObject({
  id: size,
  type: v.literal('row'),
  title: text,
  collapsed: v.literal(false),
  gridPos,
  panels: v.pipe(v.array(v.unknown()), v.length(0)),
});

const variable = {
  name: text,
  label: text,
  hide: v.literal(0),
  refresh: v.picklist([1, 2]),
  regex: v.string(),
  multi: v.boolean(),
  includeAll: v.boolean(),
  current: v.record(v.string(), v.unknown()),
  options: v.array(v.unknown()),
};

const variables = v.array(
  v.variant('type', [
    v.strictObject({ ...variable, type: v.literal('datasource'), query: v.literal('prometheus') }),
    v.strictObject({
      ...variable,
      type: v.literal('query'),
      datasource,
      query: v.strictObject({ query: text, refId: text }),
      definition: text,
      allValue: text,
      sort: whole,
    }),
  ]),
);

const annotation = v.strictObject({
  name: text,
  datasource,
  enable: v.boolean(),
  hide: v.boolean(),
  iconColor: text,
  expr: text,
  step: text,
  titleFormat: text,
  textFormat: text,
});

export const dashboard = v.strictObject({
  title: text,
  uid: v.pipe(v.string(), v.minLength(8), v.maxLength(40)),
  description: text,
  tags: v.array(text),
  schemaVersion: v.literal(39),
  version: size,
  editable: v.boolean(),
  graphTooltip: v.picklist([0, 1, 2]),
  refresh: text,
  timezone: v.picklist(['browser', 'utc']),
  time: v.strictObject({ from: text, to: text }),
  templating: v.strictObject({ list: variables }),
  annotations: v.strictObject({ list: v.array(annotation) }),
  links: v.array(v.unknown()),
  panels: v.array(v.variant('type', [panel, row])),
});

export type Panel = v.InferOutput<typeof panel> | v.InferOutput<typeof row>;
