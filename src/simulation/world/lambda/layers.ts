import type { JsonObject } from '../../../json.ts';
import type { Access, Core, Input, Operation } from '../call.ts';
import { cutPage } from '../page.ts';
import { codeLink, type LinkKey } from './code-link.ts';
import { codeSha256 } from './configuration.ts';
import { invalid, notFound, validation } from './reference.ts';
import type { LayerVersion } from './state.ts';

const MOST_LAYERS = 5;
const LAYER_VERSION = /^arn:aws[a-zA-Z-]*:lambda:([a-z0-9-]+):\d{12}:layer:[a-zA-Z0-9_-]+:[0-9]+$/;

/** Throws Lambda's refusals of a list of layers: too many, unknown, of another Region, twice the same. */
export function checkLayers(core: Core, region: string, layers: readonly string[]): void {
  const refuse = (message: string) => invalid('InvalidParameterValueException', 400, message);
  if (layers.length > MOST_LAYERS) throw refuse(`Cannot reference more than ${MOST_LAYERS} layers.`);
  const seen = new Map<string, string>();
  for (const arn of layers) {
    if (LAYER_VERSION.exec(arn)?.[1] !== region) {
      throw refuse(
        `Layers are not in the same region as the function. Layers are expected to be in region ${region}.`,
      );
    }
    const layer = core.state.layers.get(arn);
    if (layer === undefined || layer.deleted) throw refuse(`Layer version ${arn} does not exist.`);
    const other = seen.get(layer.layerArn);
    if (other !== undefined) {
      throw refuse(
        `Two different versions of the same layer are not allowed to be referenced in the same function. ${other} and ${arn} are versions of the same layer.`,
      );
    }
    seen.set(layer.layerArn, arn);
  }
}

function versionArn(core: Core, input: Input): string {
  const { LayerName: name = '', VersionNumber: version = '' } = input.path;
  if (version === '') return input.query.get('Arn') ?? '';
  const layer = name.startsWith('arn:')
    ? name
    : `arn:${core.state.partition}:lambda:${input.region}:${core.state.account}:layer:${name}`;
  return `${layer}:${version}`;
}

function find(core: Core, input: Input): LayerVersion {
  const arn = versionArn(core, input);
  if (!LAYER_VERSION.test(arn)) {
    throw validation(
      arn,
      'arn',
      'Member must satisfy regular expression pattern: arn:aws:lambda:…:layer:…:[0-9]+',
    );
  }
  const layer = core.state.layers.get(arn);
  if (layer === undefined || layer.deleted) throw notFound('The resource you requested does not exist.');
  return layer;
}

/** A layer of another account is read by its own policy; those of the world are open. */
function layerAccess(core: Core, input: Input): readonly Access[] {
  return [{ action: 'lambda:GetLayerVersion', resource: versionArn(core, input) }];
}

function summary(layer: LayerVersion): JsonObject {
  return {
    LayerVersionArn: layer.arn,
    Version: layer.version,
    Description: layer.description,
    CreatedDate: layer.createdAt,
  };
}

/** Layers: what a function loads before its own code. */
export function layerOperations(linkKey: LinkKey): Readonly<Record<string, Operation>> {
  const describe: Operation['run'] = (core, input) => {
    const layer = find(core, input);
    return {
      body: {
        Content: {
          Location: codeLink(core, linkKey, input.origin, layer.codeDigest),
          CodeSha256: codeSha256(layer.codeDigest),
          CodeSize: core.state.packages.get(layer.codeDigest)?.byteLength ?? 0,
        },
        LayerArn: layer.layerArn,
        ...summary(layer),
      },
    };
  };
  const read = (name: string): Operation => ({
    service: 'lambda',
    name,
    write: false,
    access: layerAccess,
    run: describe,
  });
  return {
    GetLayerVersion: read('GetLayerVersion'),
    GetLayerVersionByArn: read('GetLayerVersionByArn'),
    GetLayerVersionPolicy: {
      service: 'lambda',
      name: 'GetLayerVersionPolicy',
      write: false,
      access: (core, input) => [
        { action: 'lambda:GetLayerVersionPolicy', resource: versionArn(core, input) },
      ],
      run(core, input) {
        find(core, input);
        throw notFound('No policy is associated with the given resource.');
      },
    },
    ListLayerVersions: {
      service: 'lambda',
      name: 'ListLayerVersions',
      write: false,
      access: () => [{ action: 'lambda:ListLayerVersions', resource: '*' }],
      run(core, input) {
        const layerArn = versionArn(core, { ...input, path: { ...input.path, VersionNumber: '0' } }).replace(
          /:0$/,
          '',
        );
        const all = [...core.state.layers.values()].filter(
          (one) => one.layerArn === layerArn && !one.deleted,
        );
        const page = cutPage(all.reverse(), input.query.get('Marker'), input.query.get('MaxItems'), 50);
        return {
          body: {
            LayerVersions: page.items.map(summary),
            ...(page.next === undefined ? {} : { NextMarker: page.next }),
          },
        };
      },
    },
    DeleteLayerVersion: {
      service: 'lambda',
      name: 'DeleteLayerVersion',
      write: true,
      status: 204,
      access: (core, input) => [{ action: 'lambda:DeleteLayerVersion', resource: versionArn(core, input) }],
      run(core, input) {
        // Functions that use it keep it (reference, section 1.6); of one that is not there AWS says nothing.
        const layer = core.state.layers.get(versionArn(core, input));
        if (layer !== undefined) layer.deleted = true;
        return {};
      },
    },
  };
}
