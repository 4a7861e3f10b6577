// What the package's own types say of its public functions: the judge of what their checks must refuse.
import {resolve} from 'node:path';
import ts from 'typescript';

const root = resolve(import.meta.dirname, '../..');
const VALUES = resolve(root, 'test/arguments/odd-values.ts');

/** A function, a class or a method. */
export interface Callable {
  readonly name: string;
  readonly parameters: readonly Parameter[];
}

export interface Parameter {
  readonly name: string;
  readonly isOptional: boolean;
  /** One per overload. */
  readonly types: readonly ts.Type[];
}

/** An object of options or a record, possibly within another. */
export interface ObjectType {
  /** Its path in the argument, such as `background`; empty for the argument itself. */
  readonly path: readonly string[];
  /** Whether unknown names are an error; records may have further fields. */
  readonly isStrict: boolean;
  readonly fields: readonly Field[];
}

export interface Field {
  readonly name: string;
  readonly isOptional: boolean;
  readonly type: ts.Type;
}

/** The types of all subpaths of the package, from the compiler. */
export class PublicTypes {
  private readonly checker: ts.TypeChecker;
  private readonly program: ts.Program;
  private readonly oddTypes: ReadonlyMap<string, ts.Type>;

  constructor(private readonly entries: readonly string[]) {
    const {config} = ts.readConfigFile(resolve(root, 'tsconfig.json'), ts.sys.readFile);
    const {options} = ts.parseJsonConfigFileContent(config, ts.sys, root);
    this.program = ts.createProgram([...entries.map(entry => resolve(root, entry)), VALUES], options);
    this.checker = this.program.getTypeChecker();
    const odd = this.checker.getTypeOfSymbol(this.exportsOf(VALUES)[0]!);
    this.oddTypes = new Map(odd.getProperties().map(each => [each.getName(), this.checker.getTypeOfSymbol(each)]));
  }

  /** An exported function, or a class with its methods. */
  callables(name: string): Callable[] {
    const type = this.checker.getTypeOfSymbol(this.symbolOf(name));
    const constructs = type.getConstructSignatures();
    if (constructs.length === 0) return [this.callable(name, type.getCallSignatures())];
    return [this.callable(name, constructs), ...this.methodsOf(name, constructs[0]!.getReturnType())];
  }

  /** The methods of an exported interface, the result of a function. */
  methods(name: string): Callable[] {
    return this.methodsOf(name, this.checker.getDeclaredTypeOfSymbol(this.symbolOf(name)));
  }

  /** Whether an exported function returns a promise. */
  isAsync(name: string): boolean {
    const signatures = this.checker.getTypeOfSymbol(this.symbolOf(name)).getCallSignatures();
    return signatures.some(signature => signature.getReturnType().getSymbol()?.getName() === 'Promise');
  }

  /** Whether an odd value has an allowed type. */
  takes(types: readonly ts.Type[], odd: string): boolean {
    return types.some(type => this.checker.isTypeAssignableTo(this.oddTypes.get(odd)!, type));
  }

  /** Whether one of the types is a function, whose result is not known before it is called. */
  takesFunctions(types: readonly ts.Type[]): boolean {
    return types.some(type => partsOf(type).some(part => part.getCallSignatures().length > 0));
  }

  /** The objects of options and the records among the types: plain data, not objects with methods. */
  objects(types: readonly ts.Type[], path: readonly string[] = []): ObjectType[] {
    return types
      .flatMap(partsOf)
      .filter(part => this.isPlain(part))
      .flatMap(part => {
        const fields = part.getProperties().map(property => ({
          name: property.getName(),
          isOptional: (property.flags & ts.SymbolFlags.Optional) !== 0,
          type: this.checker.getTypeOfSymbol(property),
        }));
        const isStrict = /(Args|Options|Batch|__type)$/.test(part.getSymbol()!.getName());
        const inner = fields.flatMap(({name, type}) => this.objects([type], [...path, name]));
        return [{path, isStrict, fields}, ...inner];
      });
  }

  private symbolOf(name: string): ts.Symbol {
    const found = this.entries
      .flatMap(entry => this.exportsOf(resolve(root, entry)))
      .find(each => each.getName() === name);
    if (found === undefined) throw new Error(`Nothing of the name ${name} is exported.`);
    return found.flags & ts.SymbolFlags.Alias ? this.checker.getAliasedSymbol(found) : found;
  }

  private exportsOf(file: string): ts.Symbol[] {
    return this.checker.getExportsOfModule(this.checker.getSymbolAtLocation(this.program.getSourceFile(file)!)!);
  }

  private callable(name: string, signatures: readonly ts.Signature[]): Callable {
    const count = Math.max(0, ...signatures.map(({parameters}) => parameters.length));
    const parameters = Array.from({length: count}, (_, i) => {
      const symbols = signatures.flatMap(({parameters: each}) => each[i] ?? []);
      const declarations = symbols.map(({valueDeclaration}) => valueDeclaration as ts.ParameterDeclaration);
      return {
        name: symbols[0]!.getName(),
        isOptional: declarations.some(each => each.questionToken !== undefined || each.initializer !== undefined),
        types: symbols.map((symbol, j) => {
          const type = this.checker.getTypeOfSymbol(symbol);
          return declarations[j]!.dotDotDotToken ? type.getNumberIndexType()! : type;
        }),
      };
    });
    return {name, parameters};
  }

  private methodsOf(owner: string, type: ts.Type): Callable[] {
    return type.getProperties().flatMap(property => {
      const declaration = property.valueDeclaration;
      if (declaration === undefined || !isOurs(declaration)) return [];
      if (ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Private) return [];
      const signatures = this.checker.getTypeOfSymbol(property).getCallSignatures();
      return signatures.length === 0 ? [] : [this.callable(`${owner}.${property.getName()}`, signatures)];
    });
  }

  private isPlain(type: ts.Type): boolean {
    if (!(type.flags & ts.TypeFlags.Object) || type.isClass() || this.checker.isArrayLikeType(type)) return false;
    const properties = type.getProperties();
    const isCallable = type.getCallSignatures().length + type.getConstructSignatures().length > 0;
    const hasMethods = properties.some(({flags}) => flags & ts.SymbolFlags.Method);
    return (
      !isCallable && !hasMethods && properties.length > 0 && type.getSymbol()?.getDeclarations()?.every(isOurs) === true
    );
  }
}

function partsOf(type: ts.Type): ts.Type[] {
  return type.isUnion() ? type.types : [type];
}

function isOurs(declaration: ts.Declaration): boolean {
  return declaration.getSourceFile().fileName.startsWith(resolve(root, 'src'));
}
