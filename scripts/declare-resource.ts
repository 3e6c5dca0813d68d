import { writeFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

/**
 * Writes the types of the custom resources out, as part of the build: in the source they follow from the schema, whose own types are
 * those of a library that not every compiler takes, and that editors show in a hundred lines where one field is meant.
 */
const ROOT = path.resolve(__dirname, '..');
/** Files of `src/` that export types of custom resources, and nothing else. */
const FILES = ['resource/v1beta4/emqx-enterprise', 'resource/v2beta1/emqx'];
const sourceOf = (file: string) => path.join(ROOT, 'src', `${file}.ts`);

const { config } = ts.readConfigFile(path.join(ROOT, 'tsconfig.json'), ts.sys.readFile) as { config: object };
const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: FILES.map(sourceOf) }, ts.sys, ROOT);
const program = ts.createProgram(FILES.map(sourceOf), { ...options, noEmit: true });
const checker = program.getTypeChecker();

/** The declarations of what a file exports. */
function declarations(file: string): string {
  const source = program.getSourceFile(sourceOf(file));
  const module = source && checker.getSymbolAtLocation(source);
  if (!module) throw new Error(`${file} exports nothing`);
  return checker
    .getExportsOfModule(module)
    .map(
      (symbol) =>
        `${documented(symbol, '')}export type ${symbol.name} = ${written(checker.getDeclaredTypeOfSymbol(symbol), '')};\n`,
    )
    .join('');
}

function written(type: ts.Type, indent: string): string {
  if (type.isUnion() && !(type.flags & ts.TypeFlags.Boolean)) {
    const parts = type.types.some((part) => part.flags & ts.TypeFlags.Object);
    if (!parts) return checker.typeToString(type, undefined, ts.TypeFormatFlags.NoTruncation);
    return type.types.map((part) => written(part, indent)).join(' | ');
  }
  if (type.isIntersection()) return type.types.map((part) => written(part, indent)).join(' & ');
  if (!(type.flags & ts.TypeFlags.Object)) return checker.typeToString(type);
  if (checker.isArrayType(type)) {
    const [item] = checker.getTypeArguments(type as ts.TypeReference);
    const text = written(item!, indent);
    return item!.isUnionOrIntersection() ? `(${text})[]` : `${text}[]`;
  }
  const deeper = `${indent}  `;
  const index = checker.getIndexInfosOfType(type).map(({ keyType, type: value }) => {
    return `${deeper}[key: ${checker.typeToString(keyType)}]: ${written(value, deeper)};\n`;
  });
  const fields = checker.getPropertiesOfType(type).map((field) => fieldOf(field, deeper));
  return `{\n${[...index, ...fields].join('')}${indent}}`;
}

function fieldOf(field: ts.Symbol, indent: string): string {
  const isOptional = (field.flags & ts.SymbolFlags.Optional) !== 0;
  const type = checker.getTypeOfSymbol(field);
  // Undefined stands for nothing there, under `exactOptionalPropertyTypes`, too.
  const parts = type.isUnion() ? type.types.filter((part) => !(part.flags & ts.TypeFlags.Undefined)) : [type];
  const isBoolean = parts.length === 2 && parts.every((part) => part.flags & ts.TypeFlags.BooleanLiteral);
  const text = isBoolean ? 'boolean' : parts.map((part) => written(part, indent)).join(' | ');
  const name = /^[\w$]+$/.test(field.name) ? field.name : `'${field.name}'`;
  return `${documented(field, indent)}${indent}${name}${isOptional ? '?' : ''}: ${text}${isOptional ? ' | undefined' : ''};\n`;
}

function documented(symbol: ts.Symbol, indent: string): string {
  const text = ts.displayPartsToString(symbol.getDocumentationComment(checker));
  const tags = symbol
    .getJsDocTags(checker)
    .filter(({ name }) => name !== 'useDeclaredType')
    .map(({ name, text: words }) => `@${name} ${ts.displayPartsToString(words)}`);
  const lines = [text, ...tags].join('\n').trim().split('\n');
  if (lines.join('') === '') return '';
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`;
  const inner = lines.map((line) => `${indent} * ${line}`.trimEnd());
  return `${[`${indent}/**`, ...inner, `${indent} */`].join('\n')}\n`;
}

for (const file of FILES) writeFileSync(path.join(ROOT, 'dist', `${file}.d.ts`), declarations(file));
