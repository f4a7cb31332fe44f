import type { JsonObject } from '../cluster/cluster.ts';
import type { RunEvent } from '../engine/events.ts';
import type { Plan, Step } from '../engine/plan.ts';
import { KclusterError } from '../errors.ts';
import { cleanText } from './clean-text.ts';
import { describeAction } from './describe-action.ts';
import { countPlan } from './summarize-plan.ts';

type Fields = { readonly [key: string]: JsonObject[string] | undefined };

/** An event as `--json` prints it; the shapes are listed in docs/reference/events.md. Holds no secret and no file content. */
export function toJsonEvent(event: RunEvent): JsonObject {
  return { type: event.type, ...withoutUndefined(fieldsOf(event)) };
}

/** An error as `--json` prints it. */
export function toJsonError(error: unknown): JsonObject {
  if (!(error instanceof KclusterError)) {
    return {
      name: error instanceof Error ? error.name : 'Error',
      exitCode: 1,
      message: cleanText(error instanceof Error ? error.message : String(error)),
    };
  }
  const { remedy, node, failures } = error.details;
  return withoutUndefined({
    name: error.name,
    exitCode: error.exitCode,
    message: cleanText(error.message),
    remedy,
    node,
    failures: failures?.map(toJsonError),
  });
}

function fieldsOf(event: RunEvent): Fields {
  switch (event.type) {
    case 'run-started':
      return { apiVersion: 'kcluster/v1alpha1', workflow: event.workflow, cluster: event.cluster, runId: event.runId, nodes: event.nodes };
    case 'host-connected':
      return { node: event.node, atMs: whole(event.atMs) };
    case 'host-failed':
      return { node: event.node, atMs: whole(event.atMs), error: toJsonError(event.error) };
    case 'artifact-progress':
      return { artifact: event.artifact, doneBytes: event.doneBytes, totalBytes: event.totalBytes };
    case 'observed':
      return { node: event.node, atMs: whole(event.atMs), probes: event.probes };
    case 'planned':
      return { atMs: whole(event.atMs), ...planFields(event.plan) };
    case 'step-started':
      return { ...stepFields(event.step), title: event.step.title, actions: event.step.actions.length, atMs: whole(event.atMs) };
    case 'action-started':
      return { ...stepFields(event.step), ...actionFields(event.step, event.index), atMs: whole(event.atMs) };
    case 'upload-progress':
      return {
        ...stepFields(event.step),
        index: event.index,
        sentBytes: event.sentBytes,
        totalBytes: event.totalBytes,
        atMs: whole(event.atMs),
      };
    case 'waiting':
      return {
        ...stepFields(event.step),
        condition: event.condition,
        attempt: event.attempt,
        lastError: cleanText(event.lastError),
        atMs: whole(event.atMs),
      };
    case 'step-finished':
      return { ...stepFields(event.step), atMs: whole(event.atMs), tookMs: whole(event.tookMs) };
    case 'step-failed':
      return { ...stepFields(event.step), atMs: whole(event.atMs), error: toJsonError(event.error) };
    case 'step-skipped':
      return { ...stepFields(event.step), atMs: whole(event.atMs), because: event.because };
    case 'progress':
      return { what: event.what, node: event.node, doneBytes: event.doneBytes, totalBytes: event.totalBytes, atMs: whole(event.atMs) };
    case 'backup-made':
      return { ...event, atMs: whole(event.atMs) };
    case 'notice':
      return { level: event.level, node: event.node, text: cleanText(event.text) };
    case 'run-finished':
      return { outcome: event.outcome, changed: event.changed, atMs: whole(event.atMs), roundTrips: event.roundTrips };
  }
}

function stepFields(step: Step): Fields {
  return { step: step.id, phase: step.phase, node: step.node };
}

function actionFields(step: Step, index: number): Fields {
  const action = step.actions[index];
  return { index, kind: action?.kind, action: action === undefined ? undefined : describeAction(action) };
}

function planFields(plan: Plan): Fields {
  return {
    summary: { ...countPlan(plan) },
    findings: plan.findings.map((finding) => withoutUndefined({ ...finding })),
    steps: plan.steps.map((step) => ({
      step: step.id,
      phase: step.phase,
      node: step.node,
      title: step.title,
      after: step.after,
      actions: step.actions.map((action) => ({ kind: action.kind, action: describeAction(action) })),
      gate: step.gate.map((condition) => condition.title),
    })),
  };
}

const whole = Math.round;

function withoutUndefined(fields: Fields): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter((entry): entry is [string, JsonObject[string]] => entry[1] !== undefined));
}
