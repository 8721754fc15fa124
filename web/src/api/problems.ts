/** Errors of the services (RFC 9457 problems), and of the network, as one kind of exception. */

export interface FieldProblem {
  field: string;
  code: string;
  message: string;
}

interface ProblemBody {
  type?: string;
  title?: string;
  detail?: string;
  trace_id?: string;
  errors?: FieldProblem[];
}

const URN = "urn:vinculo:problem:";

export class ApiProblem extends Error {
  /** 0 when no service was reached. */
  readonly status: number;
  /** The slug of the problem, such as `version-conflict`; `network` when there was no response. */
  readonly type: string;
  readonly detail: string | undefined;
  readonly traceId: string | undefined;
  readonly errors: FieldProblem[];

  constructor(status: number, body: ProblemBody) {
    super(body.title ?? `HTTP ${status}`);
    this.name = "ApiProblem";
    this.status = status;
    this.type = (body.type ?? "").replace(URN, "") || (status === 0 ? "network" : "unknown");
    this.detail = body.detail;
    this.traceId = body.trace_id;
    this.errors = body.errors ?? [];
  }

  /** The same problem with another explanation. */
  withDetail(detail: string): ApiProblem {
    const body = { title: this.message, type: this.type, detail, errors: this.errors };
    const trace = this.traceId === undefined ? {} : { trace_id: this.traceId };
    return new ApiProblem(this.status, { ...body, ...trace });
  }

  get isConflict(): boolean {
    return this.status === 412;
  }
}

export function networkProblem(): ApiProblem {
  return new ApiProblem(0, {});
}

export function asProblem(error: unknown): ApiProblem {
  return error instanceof ApiProblem ? error : networkProblem();
}

interface FetchResult<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

export interface Answer<Data> {
  data: Data;
  etag: string | null;
}

/** The data of a response and its version. Throws `ApiProblem`. */
export async function answer<Data>(request: Promise<FetchResult<Data>>): Promise<Answer<Data>> {
  const { data, error, response } = await request.catch(() => {
    throw networkProblem();
  });
  if (!response.ok) {
    throw new ApiProblem(response.status, typeof error === "object" && error ? error : {});
  }
  return { data: data as Data, etag: response.headers.get("etag") };
}

/** The data of a response. Throws `ApiProblem`. */
export async function unwrap<Data>(request: Promise<FetchResult<Data>>): Promise<Data> {
  return (await answer(request)).data;
}
