import { expect, test } from 'vitest';
import { splitSubjects } from '../../src/pki/certificate-subjects.ts';

test.each([
  [[], [], []],
  [['a', '192.0.2.1', 'b'], ['a', 'b'], ['192.0.2.1']],
  [['A.example.com', 'a.example.com'], ['a.example.com'], []],
  [['::1', '0:0:0:0:0:0:0:1', '2001:DB8::'], [], ['::1', '2001:db8::']],
  [['*.example.com', '192.0.2.1', '192.0.2.1'], ['*.example.com'], ['192.0.2.1']],
])('splitSubjects(%j)', (subjects, names, addresses) => {
  expect(splitSubjects(subjects)).toEqual({ names, addresses });
});
