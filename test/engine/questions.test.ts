import { expect, test } from 'vitest';
import { type Probe, probeKey } from '../../src/engine/probe.ts';
import { writeProbeScript } from '../../src/engine/probe-script.ts';
import { createQuestions } from '../../src/engine/questions.ts';

const user: Probe = { kind: 'user', name: 'etcd' };
const file: Probe = { kind: 'file', path: '/a' };

test('each question is asked once', () => {
  const questions = createQuestions()([user, file, { ...user }]);
  expect(questions).toEqual({ probes: [user, file], asked: new Set([user, file].map(probeKey)), script: writeProbeScript([user, file]) });
});

test('hosts that are asked the same share one value, others have their own', () => {
  const questionsOf = createQuestions();
  const first = questionsOf([user, file]);
  expect(questionsOf([{ ...user }, { ...file }])).toBe(first);
  expect(questionsOf([user]).script).toBe(writeProbeScript([user]));
});
