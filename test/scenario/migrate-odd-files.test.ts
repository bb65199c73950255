// Files of multi-nic-util whose names, or the names of whose links, no record can have: they stay where they are, and all else has its way back.
import { describe, expect, test } from 'vitest';
import { folder, migrate, pictureOf, startVm } from './migrate-story.ts';
import { useMachines } from './story.ts';

const start = useMachines();

describe.each([
  ['a link without a name', `${folder}/ifcfg-eth9`, 'DEVICE=""\nEC2SYNC=yes\n'],
  ['a name that is too long for a link', `${folder}/ifcfg-eth1.before-2019-01-01`, 'EC2SYNC=yes\n'],
  ['a name with a line end', '/etc/eni_utils/notes\nof mine', 'multi-nic-util\n'],
])('%s', (_name, path, content) => {
  test('stays, is told, and --undo puts all the others back', async () => {
    const vm = await startVm(start);
    vm.system.put(path, content);
    const before = pictureOf(vm);
    const applied = await migrate(vm, '--apply');
    // Something is left to do by hand.
    expect(applied.code, applied.err).toBe(2);
    expect(vm.system.files.get(path)?.content).toBe(content);
    expect(applied.out).toContain(path.replaceAll('\n', '\\n'));
    expect(await migrate(vm, '--undo')).toMatchObject({ code: 0, err: '' });
    expect(pictureOf(vm)).toEqual(before);
  });
});
