/** Answers of a pure function by its argument as text; once there are too many, the oldest is forgotten. */
export class Memo<Value> {
  private readonly max: number;
  private readonly answers = new Map<string, { readonly value: Value }>();

  constructor(max: number) {
    this.max = max;
  }

  of(key: string, make: () => Value): Value {
    const known = this.answers.get(key);
    if (known !== undefined) return known.value;
    const value = make();
    const [oldest] = this.answers.keys();
    if (oldest !== undefined && this.answers.size >= this.max) this.answers.delete(oldest);
    this.answers.set(key, { value });
    return value;
  }
}
