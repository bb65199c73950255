import { tellStory } from './story.ts';

tellStory('ifupdown');
