// Set-up file of the projects lab, matrix and vm: runs before each test file, and lets none begin that could not end.
import path from 'node:path';
import { expect } from 'vitest';
import { columnNamed } from '../matrix/columns.ts';
import { beginFile } from './guard.ts';
import { obstaclesTo } from './obstacles.ts';
import { needOf } from './selection.ts';

const file = expect.getState().testPath ?? '';
const shown = path.relative(path.join(import.meta.dirname, '../..'), file);
const { ENI_AGENT_COLUMN: column } = process.env;
const needs = beginFile(file, column === undefined ? undefined : needOf(columnNamed(column)));
const obstacles = obstaclesTo(needs);
if (obstacles.length > 0)
  throw new Error(
    `${shown} cannot run: ${obstacles.join('; ')}. "npm test -- ${shown}" sets up what it needs`,
  );
