// The demo as an image: colours become classes, and nothing of the text is lost or read as markup.
import { expect, test } from 'vitest';
import { gistOf } from '../demo/draw.ts';
import { terminalSvg } from '../demo/terminal-svg.ts';

test('text, colours and special characters', () => {
  const svg = terminalSvg('a & b', [
    '\u001b[1m1. A <title>\u001b[0m',
    '',
    '  ok \u001b[31mLOST\u001b[0m end',
    'x'.repeat(200),
  ]);
  expect(svg).toContain('aria-label="a &amp; b"');
  expect(svg).toContain('<tspan class="b">1. A &lt;title&gt;</tspan></text>');
  expect(svg).toContain('>  ok <tspan class="r">LOST</tspan> end</text>');
  expect(svg).toMatch(/>x{103}…<\/text>/);
  expect(svg).not.toContain('\u001b');
});

test('the picture has the sections that tell the story, and of the longest one the pings', () => {
  const lines = [
    '[  0s] ready',
    '1. A VM',
    'picture',
    '2. Without policy routing it does not work',
    'LOST',
    '3. What the agent finds',
    'long',
    '4. Apply',
    'Applied and verified.',
    '5. Every packet leaves by the ENI that owns its source address',
    'rules',
    'Pings from every address, in both directions:',
    'ok',
    '6. An address comes',
    '  $ eni-agent once',
    '  Cloud    alibaba',
    '  Primary  eth0',
    '    changed  eni',
    '  more',
    '7. A second run finds nothing to do',
    'Nothing to do.',
    '8. The ENI is detached',
    '  ok  6 of 6 pings answered',
  ];
  expect(gistOf(lines)).toEqual([
    ...['2. Without policy routing it does not work', 'LOST', '', '4. Apply', 'Applied and verified.', ''],
    ...[
      '5. Every packet leaves by the ENI that owns its source address',
      'Pings from every address, in both directions:',
    ],
    ...['ok', '', '6. An address comes', '  $ eni-agent once', '  ...', '    changed  eni', ''],
    ...['8. The ENI is detached', '  ok  6 of 6 pings answered'],
  ]);
});
